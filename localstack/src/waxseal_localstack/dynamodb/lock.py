"""One operation at a time: moto's tables are plain dictionaries, and every guarantee here rests on nobody looking in between."""

import threading

LOCK = threading.RLock()

"""One operation at a time: moto's tables are plain dictionaries, and no other operation may see them half changed."""

import threading

LOCK = threading.RLock()

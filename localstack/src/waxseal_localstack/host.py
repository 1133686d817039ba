"""LocalStack itself: `python -m waxseal_localstack.host`, started by the supervisor only.

Stock LocalStack ignores the host in GATEWAY_LISTEN and binds 0.0.0.0, and says Ready when the port is taken. So it is
handed a socket that is already bound to 127.0.0.1 and listening: no other address, no race for the port.
"""

import os
import socket
import sys

LISTEN_FD = "WAXSEAL_LISTEN_FD"
READY_FD = "WAXSEAL_READY_FD"


def _serve_on(fd: int) -> None:
    """Makes Twisted's IPv4 endpoint the inherited socket; must run before LocalStack imports its server."""
    from twisted.internet import endpoints

    def inherited(reactor: object, port: int, *args: object, **kwargs: object) -> object:
        return endpoints.AdoptedStreamServerEndpoint(reactor, fd, socket.AF_INET)

    endpoints.TCP4ServerEndpoint = inherited


def main() -> None:
    _serve_on(int(os.environ.pop(LISTEN_FD)))
    from localstack.runtime.main import main as run

    code = 1
    try:
        run()
        code = 0
    except SystemExit as stopped:
        code = stopped.code if isinstance(stopped.code, int) else 1
    finally:
        # Pool threads that still write an answer after the reactor has stopped never end: stock SIGTERM can hang here.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()

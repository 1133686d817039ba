import sys

from waxseal_localstack.cli import main

sys.exit(main())

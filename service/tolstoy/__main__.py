"""`tolstoy` on the command line, and `python -m tolstoy`."""

import sys


def main() -> None:
    if sys.argv[1:] == ["health"]:
        from tolstoy.cli.health import run
    else:
        from tolstoy.cli.main import run
    run()


if __name__ == "__main__":
    main()

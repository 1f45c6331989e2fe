"""`tolstoy` on the command line, and `python -m tolstoy`."""

from tolstoy.cli.main import run


def main() -> None:
    run()


if __name__ == "__main__":
    main()

"""An organization in a file: what of it goes in, how it is read, and how it is put into a database."""

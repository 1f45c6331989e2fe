"""The account that the program is tried on: AWS as far as moto goes."""

"""Tolstoy on AWS, as components of a Pulumi program."""

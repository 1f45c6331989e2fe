"""A Pulumi engine small enough to read, where the real one is not to be had."""

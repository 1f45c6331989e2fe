"""The real `pulumi`, with its plugins stood in for: the providers', and its host of Python where it has none."""

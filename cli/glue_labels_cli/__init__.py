"""The command `glue-labels`."""

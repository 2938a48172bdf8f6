"""`python -m glue_labels_cli`: the command `glue-labels` where it is not on the PATH."""

from glue_labels_cli.main import main

main(prog_name="glue-labels")

"""Compare cdk-glue-labels with other ways to import labels: ``make bench``."""

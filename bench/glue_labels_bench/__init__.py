"""Measures cdk-glue-labels side by side with what users would pick instead: ``make bench``."""

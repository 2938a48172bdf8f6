"""The Lambda function behind ``Custom::GlueLabelsImport``."""

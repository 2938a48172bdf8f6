"""A label version of an AWS Glue FindMatches transform, as a CDK construct."""

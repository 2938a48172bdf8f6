"""A local AWS that the real CDK CLI deploys to, Glue's ML transforms included."""

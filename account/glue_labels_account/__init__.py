"""End-to-end scenarios for a real AWS account, and what they show about AWS.

`python -m glue_labels_account` runs them with your AWS profile. The tests run the same code on the sandbox.
"""

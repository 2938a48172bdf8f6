"""Labels that a GitHub Actions workflow checks on each pull request and deploys when it is merged."""

from aws_cdk import App, Stack
from constructs import Construct

from glue_labels import Labels, LabelsImport


class CustomerLabels(Stack):
    """The labels of a transform that exists already."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        # The transform's role must be allowed to read the label file in the bootstrap bucket. Pass the role
        # as transform_role, or allow it by hand: docs/guide/existing-transforms.md.
        LabelsImport(
            self,
            "Labels",
            transform="tfm-of-customers",
            labels=Labels.from_asset("labels/customers.csv"),
            replace_all_labels=True,
        )


app = App()
CustomerLabels(app, "CustomerLabels")
app.synth()

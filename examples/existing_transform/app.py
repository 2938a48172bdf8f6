"""Labels for a transform that exists already, whatever created it."""

from aws_cdk import Annotations, App, Stack, aws_iam
from constructs import Construct

from glue_labels import Labels, LabelsImport


class LabelsOfExistingTransform(Stack):
    """The labels. The app refers to the transform by its id and to the role by its name."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)

        # The CDK can add a policy to this role, because it is in the account of the stack.
        role = aws_iam.Role.from_role_name(self, "TransformRole", self._given("transform_role", "GlueRole"))
        LabelsImport(
            self,
            "CustomerLabels",
            transform=self._given("transform_id", "tfm-0123"),
            labels=Labels.from_asset("labels/customers.csv"),
            replace_all_labels=True,
            transform_role=role,  # This stack adds a policy to the role: it may read the label file.
        )

    def _given(self, name: str, example: str) -> str:
        """Return a value of the context. Without it, the deployment stops with an error."""
        value = self.node.try_get_context(name)
        if not value:
            Annotations.of(self).add_error(f"Give the {name}: cdk deploy --context {name}={example}")
        return str(value or example)


app = App()
LabelsOfExistingTransform(app, "LabelsOfExistingTransform")
app.synth()

"""Labels for a transform that exists already, whoever made it."""

from aws_cdk import Annotations, App, Stack, aws_iam
from constructs import Construct

from glue_labels import Labels, LabelsImport


class LabelsOfExistingTransform(Stack):
    """The labels alone; the transform and its role are known by id and name."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)

        # An imported role is one the app may add a policy to, as long as it is in the stack's account.
        role = aws_iam.Role.from_role_name(self, "TransformRole", self._given("transform_role", "GlueRole"))
        LabelsImport(
            self,
            "CustomerLabels",
            transform=self._given("transform_id", "tfm-0123"),
            labels=Labels.from_asset("labels/customers.csv"),
            replace_all_labels=True,
            transform_role=role,  # Its read grant is a policy of this stack, attached to the role.
        )

    def _given(self, name: str, example: str) -> str:
        """Return a value of the context; without it the CDK CLI refuses to go on."""
        value = self.node.try_get_context(name)
        if not value:
            Annotations.of(self).add_error(f"Say the {name}: cdk deploy --context {name}={example}")
        return str(value or example)


app = App()
LabelsOfExistingTransform(app, "LabelsOfExistingTransform")
app.synth()

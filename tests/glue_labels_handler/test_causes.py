"""Which cause the texts of Glue and of the services behind it have, and what the user is advised to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from glue_labels_handler.causes import CAUSES, Cause, Kind, cause_of, fill_in
from glue_labels_handler.evaluation_request import EvaluationRequest
from glue_labels_handler.request import LabelsRequest

if TYPE_CHECKING:
    from glue_labels_handler.evaluation_request import TaskRequest

PATH = "s3://labels/customers.csv"
ROLE = "arn:aws:iam::111122223333:role/Transform"
REQUEST = LabelsRequest("tfm-1", PATH, transform_role=ROLE)
EVALUATION = EvaluationRequest("tfm-1", transform_role=ROLE)

# Developer guide, "AWS Glue machine learning exceptions", StartImportLabelsTaskRun; the detail that stands
# after a documented text is S3's, KMS's or IAM's own.
DOCUMENTED = {
    "Invalid label file path.": "path-invalid",
    "Invalid label file of size 0.": "file-empty",
    "Label file has exceeded the limit of 10 MB.": "file-too-large",
    "S3 path provided is not in the same region as transform. Expecting region - eu-west-1, but got - "
    "us-east-1": "other-region",
    f"Cannot use IAM role provided in the transform. Role: {ROLE}": "role-unusable",
    f"Cannot access the label file at {PATH}.": "file-inaccessible",
    f"Cannot access the label file at {PATH}. Access Denied (Status Code: 403)": "file-denied",
    f"Cannot access the label file at {PATH}. The specified key does not exist.": "file-missing",
    # StartMLEvaluationTaskRun.
    "Exactly one input record table must be provided.": "transform-incomplete",
    "Should specify database name.": "transform-incomplete",
    "Should specify table name.": "transform-incomplete",
    "Find Matches parameters have not been set.": "transform-incomplete",
    "A primary key must be specified in Find Matches parameters.": "transform-incomplete",
}

# As users report them in public issues and forums, and as AWS's troubleshooting pages have them.
REPORTED = {
    f"InvalidInputException: Unable to assume role for arn: {ROLE}": "role-unusable",
    f"Service is unable to assume role {ROLE}. Please verify role's TrustPolicy": "role-unusable",
    f"User: arn:aws:sts::1:assumed-role/x is not authorized to perform: sts:AssumeRole on resource: {ROLE}": (
        "role-unusable"
    ),
    # https://github.com/boto/boto3/issues/1487
    f"Role {ROLE} should be given assume role permissions for Glue Service.": "role-unusable",
    f"Glue is not authorized to assume role {ROLE}": "role-unusable",
    "An error occurred (403) when calling the HeadObject operation": "file-denied",
    "HTTP/1.1 403": "file-denied",
    "Moved (Service: Amazon S3; Status Code: 301)": "other-region",
    "error code: 404": "file-missing",
    "com.amazonaws.services.s3.model.AmazonS3Exception: Forbidden (Service: Amazon S3; Status Code: 403)": (
        "file-denied"
    ),
    "User: x is not authorized to perform: s3:GetObject on resource: y because no identity-based policy "
    "allows the "
    "s3:GetObject action": "file-denied",
    "User: x is not authorized to perform: s3:GetObject on resource: y with an explicit deny in a "
    "resource-based "
    "policy": "explicit-deny",
    "User: x is not authorized to perform: s3:GetObject on resource: y with an explicit deny in a VPC "
    "endpoint "
    "policy": "endpoint-policy",
    "User: x is not authorized to perform: s3:GetObject because no VPC endpoint policy allows the "
    "s3:GetObject "
    "action": "endpoint-policy",
    "User: x is not authorized to perform: s3:GetObject with an explicit deny in a service control policy": (
        "organization-policy"
    ),
    "User: x is not authorized to perform: s3:GetObject because no permissions boundary allows the "
    "s3:GetObject "
    "action": "permissions-boundary",
    "Insufficient Lake Formation permission(s): Required Describe on customers (Service: AWSGlue; Status "
    "Code: 400; "
    "Error Code: AccessDeniedException)": "lake-formation",
    "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or "
    "you are "
    "not allowed to access. (Status Code: 400; Error Code: AccessDenied)": "key-denied",
    "User: x is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:eu-west-1:1:key/abc because "
    "no "
    "identity-based policy allows the kms:Decrypt action": "key-denied",
    "arn:aws:kms:eu-west-1:1:key/abc is disabled. (Error Code: KMS.DisabledException)": "key-disabled",
    "arn:aws:kms:eu-west-1:1:key/abc is pending deletion. (KMS.KMSInvalidStateException)": "key-disabled",
    "Key 'arn:aws:kms:eu-west-1:1:key/abc' does not exist (Error Code: KMS.NotFoundException)": "key-missing",
    "The bucket is in this region: us-west-2. Please use this region to retry the request (Status Code: "
    "301; Error "
    "Code: PermanentRedirect)": "other-region",
    "The specified key does not exist. (Status Code: 404; Error Code: NoSuchKey)": "file-missing",
    "The specified bucket does not exist": "file-missing",
    "Table customers not found in database crm. (EntityNotFoundException)": "table-missing",
    "Entity Not Found (Service: AWSGlue; Status Code: 400)": "table-missing",
    "Problem fetching the data catalog schema: Table customers not found.": "table-missing",
    "Column phone not found in schema": "column-missing",
    "cannot resolve 'phone' given input columns: [name, street]": "column-missing",
    "Input source column [phone] has an invalid data type defined in the catalog.": "column-missing",
    "The columns of the label file are not those of the table: missing phone": "column-missing",
    "Resource unavailable. Insufficient capacity for the requested worker type": "no-capacity",
    # https://github.com/aws-samples/cql-replicator/issues/113
    "Number of IP addresses on subnet is 0": "no-free-address",
    "The specified subnet does not have enough free addresses to satisfy the request. "
    "(InsufficientFreeAddressesIn"
    "Subnet)": "no-free-address",
}


@pytest.mark.parametrize(("text", "name"), [*DOCUMENTED.items(), *REPORTED.items()])
def test_text_names_its_cause(text: str, name: str) -> None:
    cause = cause_of(text, PATH)
    assert cause is not None
    assert cause.name == name


def test_every_cause_of_the_table_is_named_by_a_text() -> None:
    assert {cause.name for cause in CAUSES} == {*DOCUMENTED.values(), *REPORTED.values()}


def test_text_that_nobody_knows_has_no_cause() -> None:
    assert cause_of("Set B has no labels.") is None


@pytest.mark.parametrize("number", [301, 403, 404])
def test_number_of_a_row_or_set_is_no_http_status(number: int) -> None:
    assert cause_of(f"Labeling set {number} has no labels, see row {number} and set ({number}).") is None


@pytest.mark.parametrize("kind", ["iam::111122223333:role", "sts::111122223333:assumed-role"])
def test_name_of_a_role_is_not_taken_for_the_cause(kind: str) -> None:
    role = f"arn:aws:{kind}/LakeFormationForbidden"
    cause = cause_of(f"Cannot use IAM role provided in the transform. Role: {role}")
    assert cause is not None
    assert cause.name == "role-unusable"
    assert cause_of(f"Set B has no labels (role {role})") is None


def test_words_of_the_path_are_not_taken_for_the_cause() -> None:
    path = "s3://labels/access-denied/404 not found.csv"
    assert cause_of(f"Set B of {path} has no labels.", path) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("role-unusable", Kind.DENIED),
        ("file-denied", Kind.DENIED),
        ("file-inaccessible", Kind.DENIED),
        ("key-denied", Kind.DENIED),
        ("lake-formation", Kind.DENIED),
        ("permissions-boundary", Kind.DENIED),
        ("no-capacity", Kind.BUSY),
    ],
)
def test_cause_that_can_pass_is_tried_again(name: str, kind: Kind) -> None:
    assert {cause.name: cause.kind for cause in CAUSES}[name] is kind


def test_all_other_causes_are_final() -> None:
    final = {cause.name for cause in CAUSES if cause.kind is Kind.FINAL}
    assert final == {
        "endpoint-policy",
        "organization-policy",
        "explicit-deny",
        "key-disabled",
        "key-missing",
        "other-region",
        "file-empty",
        "file-too-large",
        "path-invalid",
        "no-free-address",
        "column-missing",
        "transform-incomplete",
        "table-missing",
        "file-missing",
    }


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
@pytest.mark.parametrize("request_", [REQUEST, EVALUATION], ids=["import", "evaluation"])
def test_advice_is_a_sentence_without_gaps(cause: Cause, request_: TaskRequest) -> None:
    text = fill_in(cause.advice, request_)
    assert text.endswith((".", PATH))
    assert not re.search(r"[{}]|  |None", text)


# What can go wrong with a run that reads no label file.
@pytest.mark.parametrize(
    "name", ["file-denied", "file-missing", "other-region", "column-missing", "endpoint-policy"]
)
def test_advice_for_an_evaluation_speaks_of_the_table_not_of_a_label_file(name: str) -> None:
    (cause,) = (cause for cause in CAUSES if cause.name == name)
    text = fill_in(cause.advice, EVALUATION)
    assert "table" in text
    assert "label file" not in text


@pytest.mark.parametrize("name", ["file-denied", "file-inaccessible"])
def test_denied_access_names_role_path_and_what_to_grant(name: str) -> None:
    advice = next(cause.advice for cause in CAUSES if cause.name == name)
    text = fill_in(advice, REQUEST)
    assert ROLE in text
    assert PATH in text
    assert "s3:GetObject on arn:aws:s3:::labels/customers.csv" in text


def test_advice_for_a_role_that_the_app_does_not_know_still_reads_well() -> None:
    text = fill_in("Check that {role} exists.", LabelsRequest("tfm-1", PATH))
    assert text == "Check that the transform's role exists."

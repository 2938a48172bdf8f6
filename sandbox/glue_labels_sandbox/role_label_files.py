"""Label files in MiniStack's S3, read as the transform's role."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import sts

from .label_files import UnreadableLabelFileError
from .ministack_iam import role_name, trusts

if TYPE_CHECKING:
    from .connection import Connection

_GLUE = "glue.amazonaws.com"


class RoleLabelFiles:
    """Reads with credentials of the transform's role, so S3 applies the role's policies and the bucket's."""

    def __init__(self, connection: Connection) -> None:
        """Read through `connection`, whose own credentials are not used."""
        self._connection = connection

    def read(self, account: str, region: str, role: str, bucket: str, key: str) -> bytes:
        """Return the object's content.

        Raises:
            UnreadableLabelFileError: Glue may not assume the role, the role may not read the object, or there
                is none.
        """
        if not trusts(role, account, _GLUE):
            raise UnreadableLabelFileError(
                f"Unable to assume role {role}: it does not exist or does not trust {_GLUE}. "
                "(AccessDeniedException)"
            )
        access_key, secret, token = (
            f"ASIA{secrets.token_hex(8).upper()}",
            *(secrets.token_hex(20) for _ in range(2)),
        )
        sts.register_session(
            access_key,
            {
                "Arn": f"arn:aws:sts::{account}:assumed-role/{role_name(role)}/GlueMLTaskRun",
                "UserId": f"{role_name(role)}:GlueMLTaskRun",
                "SecretAccessKey": secret,
                "SessionToken": token,
            },
        )
        s3 = boto3.client(
            "s3",
            **self._connection.client_arguments(region),
            aws_access_key_id=access_key,
            aws_secret_access_key=secret,
            aws_session_token=token,
        )
        try:
            content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise UnreadableLabelFileError(
                f"Unable to read s3://{bucket}/{key} as role {role}: "
                f"{error.response['Error'].get('Message', '')} ({code})"
            ) from error
        except BotoCoreError as error:
            raise UnreadableLabelFileError(f"Unable to read s3://{bucket}/{key}: {error}") from error
        finally:
            sts._sessions.pop(access_key, None)
        return content

"""Whether a request really comes from Twilio: https://www.twilio.com/docs/usage/security#validating-requests."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence


def sign_request(auth_token: str, address: str, form: Mapping[str, Sequence[str]]) -> str:
    """The signature Twilio sends: HMAC-SHA1 over the whole address and the form's names and values, sorted."""
    values = "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    digest = hmac.new(auth_token.encode(), (address + values).encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_signed(auth_token: str, address: str, form: Mapping[str, Sequence[str]], signature: str) -> bool:
    """Whether the signature is right; takes as long for a wrong one as for the right one."""
    if not auth_token:
        return False
    expected = sign_request(auth_token, address, form)
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))

"""Where another system sends to, and a delivery as a shell sends it."""

from django.conf import settings

from posthouse.surveys.models import Hook, Signing

SIGN = {
    Signing.STANDARD: r"""ID=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n') NOW=$(date +%s)
KEY=$(printf %s "${SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
SIGN=$({ printf '%s.%s.' "$ID" "$NOW"; cat delivery.json; } |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64)
""",
    Signing.BODY: """SIGN=$(openssl dgst -sha256 -hmac "$SECRET" -r delivery.json | cut -d' ' -f1)
""",
    Signing.HEADER: "",
}
FIELDS = {
    Signing.STANDARD: '-H "webhook-id: $ID" -H "webhook-timestamp: $NOW" -H "webhook-signature: v1,$SIGN"',
    Signing.BODY: '-H "X-Hub-Signature-256: sha256=$SIGN"',
    Signing.HEADER: '-H "Authorization: Bearer $SECRET"',
}


def address(hook: Hook) -> str:
    """Where deliveries are sent to."""
    return f"{settings.PUBLIC_URL}/hooks/surveys/{hook.pk}"


def sample(hook: Hook, secret: str) -> str:
    """Lines for a shell that send the file `delivery.json`, signed."""
    way = Signing(hook.signing)
    return (
        f"SECRET='{secret}'\n{SIGN[way]}curl {address(hook)} \\\n"
        f"  -H 'Content-Type: application/json' \\\n  {FIELDS[way]} \\\n  --data-binary @delivery.json"
    )

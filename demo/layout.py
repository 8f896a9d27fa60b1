"""Where the demo keeps its things and under which addresses its parts are found."""

import json
from dataclasses import dataclass
from pathlib import Path

SEED = 7
MONTHS = 4
VOLUME = 0.2
"""Share of its traffic that a customer had in the past: enough for charts, and quickly made."""
ROOT = Path(__file__).parent
ROSTER, MADE = "crowd.json", "made.json"
"""Files in the folder of the data: who of the crowd has which keys; passwords and secrets that are shown."""
_LIMITS = {"signup": "600/m/ip", "login": "600/m/ip", "resend": "600/m/ip", "confirm_email": "60/m/key"}
SCOPES = ["read:sun", "read:moon", "read:places"]


@dataclass(frozen=True, slots=True)
class Layout:
    """Folder and ports of one demo."""

    data: Path
    port: int
    api_port: int
    host: str = "127.0.0.1"

    @property
    def portal(self) -> str:
        """Address of Posthouse."""
        return f"http://{self.host}:{self.port}"

    @property
    def api(self) -> str:
        """Address of Sunline."""
        return f"http://{self.host}:{self.api_port}"

    @property
    def facts(self) -> Path:
        """What a visitor needs to know, as JSON."""
        return self.data / "demo.json"

    @property
    def house(self) -> Path:
        """All data. It appears whole, by renaming `making`, once the past is in it."""
        return self.data / "house"

    @property
    def making(self) -> Path:
        """The data while they are made; a preparation that was killed leaves it behind, and it is begun anew."""
        return self.data / "making"

    @property
    def mail_folder(self) -> Path:
        """Where every mail is written to."""
        return self.house / "mail"

    @property
    def roster(self) -> Path:
        """Who of the crowd has which keys."""
        return self.house / ROSTER

    def posthouse_environment(self, folder: Path) -> dict[str, str]:
        """Settings of Posthouse with its data in `folder`.

        Sign-up limits are wide because the whole crowd comes from one address.
        """
        return {
            "POSTHOUSE_DATA": str(folder / "posthouse"),
            "POSTHOUSE_PUBLIC_URL": self.portal,
            "POSTHOUSE_ISSUER": "sun",
            "POSTHOUSE_KEY_SCOPES": ",".join(SCOPES),
            "POSTHOUSE_MAIL_FOLDER": str(folder / "mail"),
            "POSTHOUSE_MAIL_VIEWER": "1",
            "POSTHOUSE_MAIL_FROM": "Sunline <noreply@sunline.example>",
            "POSTHOUSE_ACCOUNT_RATE_LIMITS": json.dumps(_LIMITS),
        }

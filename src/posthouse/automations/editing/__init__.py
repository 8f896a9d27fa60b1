"""The editor's form: a body taken apart into fields, fields put together into a body, and steps moved about.

The name of a field is the JSON pointer of what it holds (`/do/0/for`), so a fault of the body is shown at its field.
What cannot be read stays in the body as it was typed: it is refused there, and shown again here.
"""

from posthouse.automations.editing.acts import apply
from posthouse.automations.editing.fields import Choices, Form, form_of
from posthouse.automations.editing.reading import body_of

__all__ = ["Choices", "Form", "apply", "body_of", "form_of"]

"""Names for the crowd: what a product is called when nobody has thought of a name yet."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Product:
    """Something one builds with sun and moon times, and a sentence about it in each language."""

    name: str
    english: str
    spanish: str

    def use_case(self, language: str) -> str:
        """The sentence in the language."""
        return self.spanish if language == "es" else self.english


_SUBJECTS = (
    ("Lamp", "Switches street lamps at dusk.", "Enciende farolas al anochecer."),
    ("Blinds", "Moves window blinds with the sun.", "Mueve persianas con el sol."),
    ("Garden", "Waters gardens before sunrise.", "Riega jardines antes del amanecer."),
    ("Roof Panel", "Forecasts the yield of solar panels.", "Prevé la producción de paneles solares."),
    ("Photo Walk", "Tells photographers about good light.", "Avisa a fotógrafos de la buena luz."),
    ("Drone Flight", "Plans flights within daylight.", "Planifica vuelos con luz de día."),
    ("Harvest", "Keeps a calendar for farms.", "Lleva un calendario para granjas."),
    ("Fishing", "Shows moon phases for anglers.", "Muestra fases de la luna para pescadores."),
    ("Beach", "Shows opening hours by daylight.", "Muestra horarios según la luz del día."),
    ("Bike Light", "Reminds cyclists to switch on the light.", "Recuerda a ciclistas encender la luz."),
    ("Sleep", "Wakes people with the dawn.", "Despierta a la gente con el alba."),
    ("Film Set", "Schedules outdoor scenes.", "Programa escenas de exterior."),
    ("Greenhouse", "Controls shade in greenhouses.", "Controla la sombra en invernaderos."),
    ("Weather Card", "Adds sunrise to a weather page.", "Añade el amanecer a una página del tiempo."),
    ("Trail", "Warns hikers before dark.", "Avisa a senderistas antes de que oscurezca."),
    ("Ferry", "Prints timetables with daylight.", "Imprime horarios con la luz del día."),
    ("Observatory", "Finds dark hours for telescopes.", "Encuentra horas oscuras para telescopios."),
    ("Building", "Dims light in offices.", "Atenúa la luz en oficinas."),
    ("Pasture", "Times the work with animals.", "Ordena el trabajo con animales."),
    ("Calendar", "Adds moon phases to calendars.", "Añade fases de la luna a calendarios."),
)
_KINDS = ("Timer", "Planner", "Board", "Monitor", "App", "Service", "Widget", "Kit")


def product(number: int) -> Product:
    """The product of the developer with this number; no two of the first 160 are alike."""
    subject, english, spanish = _SUBJECTS[number % len(_SUBJECTS)]
    name = f"{subject} {_KINDS[(number // len(_SUBJECTS) + number) % len(_KINDS)]}"
    lap = number // (len(_SUBJECTS) * len(_KINDS))
    return Product(f"{name} {lap + 1}" if lap else name, english, spanish)

"""Units and frames of MuJoCo's sensors.

Source: MuJoCo manual, "XML reference", sensor.
"""

import mujoco

_UNITS: dict[str, tuple[str, ...]] = {
    "N": ("TOUCH", "FORCE"),
    "N·m": ("TORQUE",),
    "m/s²": ("ACCELEROMETER", "FRAMELINACC"),
    "m/s": ("VELOCIMETER", "FRAMELINVEL", "SUBTREELINVEL"),
    "rad/s": ("GYRO", "BALLANGVEL", "FRAMEANGVEL"),
    "rad/s²": ("FRAMEANGACC",),
    "T": ("MAGNETOMETER",),
    "m": ("RANGEFINDER", "FRAMEPOS", "SUBTREECOM", "GEOMDIST", "GEOMFROMTO"),
    "px": ("CAMPROJECTION",),
    "1": ("BALLQUAT", "FRAMEQUAT", "FRAMEXAXIS", "FRAMEYAXIS", "FRAMEZAXIS", "GEOMNORMAL", "INSIDESITE"),
    "kg·m²/s": ("SUBTREEANGMOM",),
    "J": ("E_POTENTIAL", "E_KINETIC"),
    "s": ("CLOCK",),
}
_UNIT_OF = {sensor: unit for unit, group in _UNITS.items() for sensor in group}

_FRAMES: dict[str, tuple[str, ...]] = {
    "site": ("FORCE", "TORQUE", "ACCELEROMETER", "VELOCIMETER", "GYRO", "MAGNETOMETER"),
    "world, or the sensor's reference": (
        *("FRAMEPOS", "FRAMEQUAT", "FRAMEXAXIS", "FRAMEYAXIS", "FRAMEZAXIS", "FRAMELINVEL", "FRAMEANGVEL"),
    ),
    "world": ("FRAMELINACC", "FRAMEANGACC", "SUBTREECOM", "SUBTREELINVEL", "SUBTREEANGMOM", "GEOMNORMAL", "GEOMFROMTO"),
    "parent body": ("BALLQUAT",),
    "body": ("BALLANGVEL",),
    "image": ("CAMPROJECTION",),
}
_FRAME_OF = {sensor: frame for frame, group in _FRAMES.items() for sensor in group}


def unit_and_frame(sensor: mujoco.mjtSensor) -> tuple[str, str]:
    """Return the unit and the frame of a sensor's values; "" where they depend on what it is attached to."""
    name = sensor.name.removeprefix("mjSENS_")
    return _UNIT_OF.get(name, ""), _FRAME_OF.get(name, "")

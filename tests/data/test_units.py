"""Units that UDUNITS and pint read alike, and that agree with the equations."""

import pytest

from spikerate.data.descriptions import AXES, DESCRIPTIONS

cf_units = pytest.importorskip("cf_units")
pint = pytest.importorskip("pint")
REGISTRY = pint.UnitRegistry()
UNITS = sorted({units for units, _ in [*DESCRIPTIONS.values(), *AXES.values()]})
BASE = {"[time]": "s", "[mass]": "kg", "[length]": "m", "[current]": "A"}


def unit(name):
    """Unit of a variable, as pint reads it."""
    return REGISTRY.parse_units(DESCRIPTIONS[name][0] if name in DESCRIPTIONS else name)


@pytest.mark.parametrize("units", UNITS)
def test_a_unit_is_the_same_in_udunits_and_in_pint(units):
    own = REGISTRY.parse_units(units)
    powers = {BASE[name]: power for name, power in own.dimensionality.items()}
    assert all(power == int(power) for power in powers.values())  # UDUNITS misreads any other
    base = " ".join(f"{name}^{int(power)}" for name, power in powers.items()) or "1"
    scale = REGISTRY.Quantity(1, own).to_base_units().magnitude
    assert cf_units.Unit(units).convert(1.0, base) == pytest.approx(scale)


@pytest.mark.parametrize(("product", "result"), [
    (("decoder", "filtered"), "readout"),
    (("decoder", "state_filtered"), "target"),
    (("decoder_weights", "filtered"), "readout"),
    (("weights", "filtered"), "readout"),
    (("G", "filtered"), "state_synaptic"),
    (("Q", "readout"), "current"),
    (("alpha", "eigenvalue"), "predicted_gain"),
    (("alpha", "filtered", "readout"), "decoder_change"),
    (("state_filtered_rise", "time"), "state_filtered"),
    (("state_synaptic_rise", "time"), "state_synaptic"),
    (("filtered", "filtered"), "eigenvalue"),
    (("rate", "time"), "point"),
    (("bias_squared",), "variance"),
])  # fmt: skip
def test_units_agree_with_the_equations(product, result):
    found = REGISTRY.Unit("")
    for name in product:
        found = found * unit(name)
    assert found.dimensionality == unit(result).dimensionality


def test_a_variable_and_its_parts_have_one_unit():
    for name in DESCRIPTIONS:
        for prefix in ("starred_", "point_", "aligned_", "test_", "train_", "spike_"):
            whole = name.removeprefix(prefix)
            if whole != name and whole in DESCRIPTIONS:
                assert DESCRIPTIONS[name][0] == DESCRIPTIONS[whole][0], name

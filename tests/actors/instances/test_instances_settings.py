"""Settings that cannot be used."""

from actors.instances.settings import Instances, Settings, faults


def test_an_address_that_may_not_be_asked() -> None:
    assert list(faults(Settings())) == []
    assert list(faults(Settings(instances=Instances(url="https://h.example")))) == []
    (fault,) = faults(Settings(instances=Instances(url="http://h.example")))
    assert fault.startswith("instances.url: h.example is asked by https:// only")

from stub_seg.slots import SlotError


def build(config):
    for plug in config.get("plugs", []):
        if plug["at"] == "nowhere":
            raise SlotError("nowhere: no such slot; did you mean 'encoder.0'?")
        if plug["use"] == "buggy":
            return forward(config.get("channels"))
    return config


def forward(channels):
    return 1 / len(channels)

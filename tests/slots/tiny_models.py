"""Two small models with slots, written as the generated ones are; a module that pickle finds."""

from torch import nn

from paperkit.slots import Slot


def block(into, out):
    return nn.Sequential(
        nn.Conv2d(into, out, 3, padding=1, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU(inplace=True),
        nn.Conv2d(out, out, 3, padding=1, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU(inplace=True),
    )


class TinyUNet(nn.Module):
    """Two levels, a bottleneck, widths 8, 16, 32."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.ModuleList([block(3, 8), block(8, 16)])
        self.down = nn.MaxPool2d(2)
        self.bottleneck = block(16, 32)
        self.up = nn.ModuleList([nn.ConvTranspose2d(16, 8, 2, 2), nn.ConvTranspose2d(32, 16, 2, 2)])
        self.decoder = nn.ModuleList([block(16, 8), block(32, 16)])
        self.head = nn.Conv2d(8, 2, 1)
        for kind in ("encoder", "decoder", "up"):
            slots = [Slot(f"{kind}.{n}", f"{kind}.{n}") for n in (0, 1)]
            setattr(self, f"{kind}_slots", nn.ModuleList(slots))
        self.skip_slots = nn.ModuleList(Slot(f"skip.{n}") for n in (0, 1))
        self.fuse_slots = nn.ModuleList(Slot(f"fuse.{n}", inputs=2) for n in (0, 1))
        self.bottleneck_slot = Slot("bottleneck", "bottleneck")
        self.head_slot = Slot("head", "head")

    def forward(self, x):
        skips = []
        for level, slot, skip in zip(
            self.encoder, self.encoder_slots, self.skip_slots, strict=True
        ):
            x = slot(level(x))
            skips.append(skip(x))
            x = self.down(x)
        x = self.bottleneck_slot(self.bottleneck(x))
        for n in (1, 0):
            x = self.up_slots[n](self.up[n](x))
            x = self.decoder_slots[n](self.decoder[n](self.fuse_slots[n](x, skips[n])))
        return self.head_slot(self.head(x))


class TinyResNet(nn.Module):
    """A stem and one residual stage with a slot at the end of the branch."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, padding=1)
        self.stem_slot = Slot("stem", "stem")
        self.conv1 = nn.Conv2d(16, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 16, 3, padding=1)
        self.branch_slot = Slot("stage.0.block.0.branch", "conv2")
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(16, 5)
        self.head_slot = Slot("head", "head")

    def forward(self, x):
        x = self.stem_slot(self.stem(x))
        x = x + self.branch_slot(self.conv2(self.conv1(x).relu()))
        return self.head_slot(self.head(self.pool(x).flatten(1)))

# SPDX-License-Identifier: MIT
"""Maps class numbers of a network to category ids of the COCO data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Optional, Tuple

# The 80 classes in the order in which networks number them. COCO's ids run to 90; these ids are unused.
COCO_NAMES: Tuple[str, ...] = tuple("""person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,
fire hydrant,stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,
handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,
tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,
donut,cake,chair,couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,
toaster,sink,refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush""".replace("\n", "").split(","))
UNUSED_IDS = (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)
COCO_IDS: Tuple[int, ...] = tuple(i for i in range(1, 91) if i not in UNUSED_IDS)


@dataclass(frozen=True)
class Classes:
    """The meaning of class numbers in detections: COCO's ids for its 80 classes, otherwise the number itself."""

    names: Optional[Tuple[str, ...]]  # None: unknown, any number is a class

    @property
    def coco(self) -> bool:
        """Returns whether category ids are COCO's."""
        return self.names == COCO_NAMES

    def category(self, number: int) -> Optional[int]:
        """Returns the category id of a class number; None if there is no such class."""
        if number < 0 or self.names is not None and number >= len(self.names):
            return None
        return COCO_IDS[number] if self.coco else number

    def categories(self) -> Dict[int, str]:
        """Returns category id -> name."""
        return {(COCO_IDS[i] if self.coco else i): name for i, name in enumerate(self.names or ())}

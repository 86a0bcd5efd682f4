"""What a search asks of the catalogue: photos near a place, and what passes filters, by id or of all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from organizer.catalog import Catalog
from organizer.catalog.read_search import Condition
from organizer.records import ExifFacts
from tests.catalog_samples import ROOT, add, decoded


def test_photos_near_a_place_follow_what_is_committed(catalog: Catalog) -> None:
    root_id = catalog.writer.add_root(ROOT).id
    nowhere, here = ExifFacts(), replace(ExifFacts(), latitude=37.56, longitude=126.98)
    beside, far = replace(here, longitude=127.08), replace(here, longitude=129.0)
    across = replace(here, longitude=127.08 - 360)  # the same meridian by another number
    seoul = (37.57, 126.98, 20.0)
    reader = catalog.reader()
    assert not len(reader.near(*seoul))
    files = [decoded(ROOT / f"{n}.jpg", n, one) for n, one in enumerate((nowhere, here, beside, far, across))]
    ids = add(catalog, root_id, *files)
    assert reader.near(*seoul).tolist() == [ids[1], ids[2], ids[4]]
    later = add(catalog, root_id, decoded(ROOT / "later.jpg", 9, here))
    assert reader.near(*seoul).tolist() == [ids[1], ids[2], ids[4], *later]


def test_filters_say_the_same_of_some_photos_as_of_all(catalog: Catalog) -> None:
    root_id = catalog.writer.add_root(ROOT).id
    camera = replace(ExifFacts(), camera="Canon EOS 5D")
    ids = np.array(
        add(
            catalog,
            root_id,
            *(decoded(ROOT / f"{n}.jpg", n, camera if n % 3 else None) for n in range(12)),
        )
    )
    shares = np.zeros((12, 10), np.uint8)
    shares[::2, 4] = 200  # every other one is blue
    catalog.writer.store_colours(ids[:10], shares[:10])
    reader = catalog.reader()
    blue, canon = Condition(colour="blue", least=0.3), Condition(camera="canon")
    for conditions, expected in (
        ([blue], {0, 2, 4, 6, 8}),
        ([replace(blue, negated=True)], {1, 3, 5, 7, 9, 10, 11}),
        ([blue, canon], {2, 4, 8}),
        ([blue, replace(canon, negated=True)], {0, 6}),
        ([replace(blue, colour="red")], set()),
        ([Condition(shape="portrait")], set()),
    ):
        wanted = {int(ids[n]) for n in expected}
        everything = reader.passing(conditions)
        assert set(everything.tolist()) == wanted
        some = ids[3:9].tolist()
        assert reader.passing(conditions, some).tolist() == [one for one in everything if one in some]
        assert reader.passing(conditions, limit=2).tolist() == everything[:2].tolist()

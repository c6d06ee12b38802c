"""Objects in a backup: photographs and sound of a folder, sealed as they lie, out and back in."""

import shutil
import zipfile
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from consult import objects


def write(archive: zipfile.ZipFile, connection: sa.Connection) -> int | None:
    """Put the objects of a folder into a backup, and give how many; None where they lie in a bucket."""
    count, living = 0, _living(connection)
    if living and objects.place_of_objects().folder is None:
        return None
    for name, (workshop_id, id_) in living.items():
        lies = objects.file_of(workshop_id, id_)
        if lies is None or not lies.is_file():
            continue
        # Sealed bytes cannot be squeezed, so they are stored as they are.
        with lies.open("rb") as sealed, archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as file:
            shutil.copyfileobj(sealed, file, 1024 * 1024)
        count += 1
    return count


def read(archive: zipfile.ZipFile, connection: sa.Connection) -> int:
    """Put the objects of a backup back into the store, but for those erased since; how many."""
    living, count = _living(connection), 0
    for name in archive.namelist():
        if name in living:
            with archive.open(name) as sealed:
                objects.put_back(*living[name], sealed)
            count += 1
    return count


def _living(connection: sa.Connection) -> dict[str, tuple[UUID, UUID]]:
    """The workshop and id of each object that was not erased, by its name in a backup."""
    stored = SQLModel.metadata.tables["stored_object"].c
    query = sa.select(stored.workshop_id, stored.id).where(stored.sealed_key.is_not(None)).order_by(stored.id)
    return {
        f"objects/{workshop_id}/{id_}": (workshop_id, id_) for workshop_id, id_ in connection.execute(query)
    }

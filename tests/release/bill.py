"""Does the bill of materials describe the archives of programs beside it? bill.py FILE

The archives' checksums are right, each of them is linked with musl, libuv, jansson, libpcap and uthash, and each
relation names packages that the file has. (pyspdxtools of PyPI validates the format.)
"""

import hashlib
import json
import pathlib
import sys


def main():
    path = pathlib.Path(sys.argv[1])
    bill = json.loads(path.read_text())
    packages = {package["SPDXID"]: package for package in bill["packages"]}
    for relation in bill["relationships"]:
        for end in ("spdxElementId", "relatedSpdxElement"):
            assert relation[end] in packages or relation[end] == "SPDXRef-DOCUMENT", relation
    archives = [package for package in packages.values() if "packageFileName" in package]
    assert {package["packageFileName"] for package in archives} == {file.name for file in path.parent.glob("*64.tar.gz")}
    for package in archives:
        data = (path.parent / package["packageFileName"]).read_bytes()
        assert package["checksums"][0]["checksumValue"] == hashlib.sha256(data).hexdigest(), package
        linked = {packages[relation["relatedSpdxElement"]]["name"].split("-")[0] for relation in bill["relationships"]
                  if relation["relationshipType"] == "STATIC_LINK" and relation["spdxElementId"] == package["SPDXID"]}
        assert linked == {"musl", "libuv1", "jansson", "libpcap", "uthash"}, linked
    assert all(package["versionInfo"] for package in packages.values())


if __name__ == "__main__":
    main()

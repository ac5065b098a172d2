"""Enrols a person, recognises a photo, lists the people and deletes the person, with requests.

The person is named "Rostro Example" and is deleted at the end.

    python3 examples/python.py ada.jpg frame.jpg

ROSTRO_URL  the server, default http://localhost:5000
ROSTRO_KEY  an access key of the scope "admin", if the server has keys
"""

import os
import sys
from urllib.parse import quote

try:
    import requests
except ImportError:
    sys.exit("This example needs the package requests: apt install python3-requests, or pip install requests.")

NAME = "Rostro Example"
URL = os.environ.get("ROSTRO_URL", "http://localhost:5000")


def call(session, method, path, **arguments):
    """Sends one request and returns the JSON answer. Exits with the error code and message on an error."""
    response = session.request(method, URL + path, timeout=60, **arguments)
    answer = response.json()
    if not response.ok:
        # "code" is stable, such as no_face, several_faces or unauthorised; docs/http-api.md lists all codes.
        sys.exit(f"{answer['error']['code']}: {answer['error']['message']}")
    return answer


def main(photo_to_enrol, photo_to_recognise):
    session = requests.Session()
    if os.environ.get("ROSTRO_KEY"):
        session.headers["x-api-key"] = os.environ["ROSTRO_KEY"]

    with open(photo_to_enrol, "rb") as photo:
        call(session, "POST", "/upload", files={"file": photo}, data={"name": NAME})

    with open(photo_to_recognise, "rb") as photo:
        answer = call(session, "POST", "/recognize", files={"file": photo})
    for face in answer["faces"]:
        name = face["name"] or "unknown"
        print(f"Recognised: {name} (distance {face['distance']}, threshold {face['threshold']})")

    for person in call(session, "GET", "/people", params={"size": 500})["people"]:
        print(f"Enrolled: {person['name']}")

    call(session, "DELETE", f"/people/{quote(NAME)}")
    print(f"Deleted: {NAME}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python.py PHOTO_TO_ENROL PHOTO_TO_RECOGNISE")
    main(*sys.argv[1:])

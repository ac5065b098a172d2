#!/bin/sh
# Enrols a person, recognises a photo, lists the people and deletes the person, with curl.
# The person is named "Rostro Example" and is deleted at the end. Needs curl 7.76 or newer.
#
#   sh examples/curl.sh ada.jpg frame.jpg
#
# ROSTRO_URL  the server, default http://localhost:5000
# ROSTRO_KEY  an access key of the scope "admin", if the server has keys
set -eu

if [ $# -ne 2 ]; then
  echo "usage: curl.sh PHOTO_TO_ENROL PHOTO_TO_RECOGNISE" >&2
  exit 2
fi
url=${ROSTRO_URL:-http://localhost:5000}

# Prints the answer. An HTTP error prints the answer too and stops the script.
request() {
  curl --silent --show-error --fail-with-body ${ROSTRO_KEY:+--header "x-api-key: $ROSTRO_KEY"} "$@"
  echo
}

echo "Enrol:"
request --form "file=@$1" --form "name=Rostro Example" "$url/upload"

echo "Recognise:"
request --form "file=@$2" "$url/recognize"

echo "List:"
request "$url/people?search=Rostro%20Example"

echo "Delete:"
request --request DELETE "$url/people/Rostro%20Example"

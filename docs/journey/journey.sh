#!/bin/sh
# One comment's whole journey without a browser: from a text to the next text, with an answer.
#
#   docs/journey/journey.sh [FOLDER]
#
# FOLDER (default: a new temporary one) gets the data and all documents written on
# the way. BARAZA names the command, `./run` of this checkout unless given.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
: "${BARAZA:=$here/../../run}"
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
BARAZA_DATA_DIR="$folder/data"
export BARAZA_DATA_DIR

step() { printf '\n— %s\n' "$*"; }
baraza() { "$BARAZA" "$@"; }
# The receipt number of the comment that was brought in under a name.
receipt_of() {
    baraza comments list hills-1 --json |
        sed -n "s/^{\"receipt\": \"\([^\"]*\)\".*\"external_id\": \"$1\".*/\1/p"
}

step "The draft comes in from a file; what was understood is shown first"
baraza standard import "$here/gold-1.0.md" --slug hills --label 1.0 --dry-run
baraza standard import "$here/gold-1.0.md" --slug hills --label 1.0
baraza standard list

step "The text is frozen, and a round opens on it"
baraza standard freeze hills@1.0
baraza round open hills-1 --standard hills@1.0 --closes 2099-12-31T23:59:00 --languages en,sw,es

step "Letters come in; a second time changes nothing"
baraza comments import hills-1 "$here/comments.jsonl"
baraza comments import hills-1 "$here/comments.jsonl"

step "A workshop's transcript comes in"
baraza workshop import hills-1 "$here/workshop.vtt" --place "Katoro" --date 2026-11-03 --attendance "pit miners=9"

step "What has no clause yet is placed by a person"
baraza link confirm "$(receipt_of letter-3)" 1.3
baraza link confirm "$(receipt_of letter-4)" whole
baraza comments list hills-1

step "The round closes; the next draft is brought in onto the old one"
baraza round close hills-1
baraza standard import "$here/gold-2.0.md" --slug hills --label 2.0 --onto hills@1.0

step "The committee decides, and each author is answered"
baraza decide "$(receipt_of letter-1)" --as accepted --change hills@2.0#1.2 \
    --reason "One for 15, at each place where amalgam is heated." \
    --answer "You said one retort for forty is too few. It is now one for fifteen, where you heat."
baraza decide "$(receipt_of letter-2)" --as in-part --change hills@2.0#2.2 \
    --reason "Two years, and a photograph is enough." --answer "Sasa ni miaka miwili, na picha ya simu inatosha."
baraza decide "$(receipt_of letter-3)" --as accepted --exception "The clause on visitors is withdrawn in 2.0." \
    --reason "A list of visitors endangers those who come to help."
baraza decide "$(receipt_of letter-4)" --as noted --reason "Thank you for taking part." --answer "Gracias a usted."
baraza outbox --json

step "The next version is published, with its redline"
baraza standard freeze hills@2.0 --decided
baraza standard publish hills@2.0
baraza standard diff hills@1.0 hills@2.0 --to text
baraza standard diff hills@1.0 hills@2.0 --to docx -o "$folder/redline.docx"
baraza standard export hills@2.0 --to docx -o "$folder/standard.docx"
baraza standard export hills@2.0 --to json -o "$folder/standard.json"

step "The synopsis and the table of comments"
baraza round report hills-1 --to html -o "$folder/synopsis.html"
baraza round report hills-1 --to docx -o "$folder/synopsis.docx"
baraza comments export hills-1 --to xlsx -o "$folder/comments.xlsx"
baraza comments export hills-1 --to csv -o "$folder/comments.csv"

step "Nothing was lost"
baraza ledger verify
printf '\nEverything is in %s\n' "$folder"

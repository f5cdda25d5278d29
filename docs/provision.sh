#!/usr/bin/env bash
# Sets up an exchange over the REST API with nothing but curl and jq: DCSS, 52 LCSAs (lcsas.csv) and 104 users with keys.
# Then it disables one, rotates a key, finds yesterday's refused logins, and sends a file and brings it back. Run again, it
# makes nothing twice. Without a CSV of users it makes one, with keys of its own (ssh-keygen): for a demonstration.
#     WAYBILL_API_KEY_FILE=data/initial-admin-key docs/provision.sh <work folder> [users.csv]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=${1:?usage: provision.sh <work folder> [users.csv]} users=${2:-$1/users.csv}
api=${WAYBILL_URL:-http://127.0.0.1:8022}/v1
umask 077 # The API key is in a file, as arguments are seen by others, and the file is ours alone.
mkdir -p "$work/keys"
printf 'Authorization: Bearer %s\n' "$(<"${WAYBILL_API_KEY_FILE:-data/initial-admin-key}")" >"$work/auth"

call() { # METHOD PATH [curl's options]: prints the answer; a problem is told, and is the end unless $accept names its code.
  local method=$1 path=$2 status
  status=$(curl -sS --retry 3 -o "$work/answer" -w '%{http_code}' -X "$method" -H "@$work/auth" "$api$path" "${@:3}")
  if [[ $status != 2* && $(jq -r .code "$work/answer") != "${accept:-}" ]]; then
    jq -r '"\(.status) \(.code): \(.detail) (request \(.requestId))"' "$work/answer" >&2
    return 1
  fi
  cat "$work/answer"
}
json() { call "$1" "$2" -H 'Content-Type: application/json' -d "$3"; }
all() { # PATH WITH A QUERY: every item of a list, page by page, one a line.
  local cursor=''
  while call GET "$1${cursor:+&cursor=$cursor}" >"$work/page"; do
    jq -c '.items[]' "$work/page"
    cursor=$(jq -r '.nextCursor // empty' "$work/page")
    [[ -n $cursor ]] || return 0
  done
  return 1
}
agency() { accept=name-used json POST /agencies "$(jq -n --arg code "$1" --arg name "$2" --arg kind "$3" '$ARGS.named')" >/dev/null; }
key() { [[ -f $work/keys/$1 ]] || ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$work/keys/$1"; }

agency dcss 'Department of Child Support Services' state
tail -n +2 "$here/lcsas.csv" | while IFS=, read -r code name; do agency "$code" "$name" lcsa; done
echo "agencies: $(all '/agencies?limit=500' | wc -l)"

[[ -f $users ]] || tail -n +2 "$here/lcsas.csv" | while IFS=, read -r code name; do
  for role in batch lead; do
    key "$code-$role"
    jq -nr --arg user "$code-$role" --arg code "$code" --arg name "$name, $role" --rawfile key "$work/keys/$code-$role.pub" \
      '[$user, $code, $name, "publickey", ($key | rtrimstr("\n"))] | @csv'
  done
done | { echo 'username,agency,displayName,loginMethods,publicKey' && cat; } >"$users"
call POST '/users/imports?atomic=true' -H 'Content-Type: text/csv' --data-binary "@$users" |
  jq -r '(.items[] | select(.problem) | "row \(.row): \(.problem)"), "users: \(.created) created, \(.unchanged) unchanged, \(.refused) refused"'

json PATCH /users/yuba-lead '{"status":"disabled"}' | jq -r '"\(.username) is \(.status)"'
if old=$(all '/users/alameda-batch/keys?limit=500' | jq -er 'select(.replacedBy == null and .label != "alameda-next") | .id'); then
  key alameda-next
  json POST "/users/alameda-batch/keys/$old/rotations" "$(jq -n --rawfile publicKey "$work/keys/alameda-next.pub" '{$publicKey, overlapDays: 14}')" |
    jq -r '"the key \(.replaced.fingerprint) works until \(.replaced.expiresAt); \(.added.fingerprint) takes over"'
fi
period=$(jq -nr --arg day "${DAY:-}" '(if $day == "" then now - 86400 else $day + "T00:00:00Z" | fromdate end) as $at | "from=\($at | strftime("%F"))T00:00:00Z&to=\($at + 86400 | strftime("%F"))T00:00:00Z"')
all "/audit?event=login.refused.1&limit=500&$period" | jq -r '"refused: \(.at) \(.username) from \(.source): \(.reason)"'
call PUT '/files/content?agency=alameda&path=/incoming/lcsas.csv' -H 'Content-Type: application/octet-stream' --data-binary "@$here/lcsas.csv" >/dev/null
file=$(all '/files?agency=alameda&path=/incoming/lcsas.csv' | jq -r .id)
call GET "/files/$file/content" >"$work/lcsas.csv" && cmp "$here/lcsas.csv" "$work/lcsas.csv" && echo "downloaded lcsas.csv, the same bytes"

# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Sourced: what a server of Stratum V2 says to miners that are odd, over a real connection in the
# plain. Answers are compared byte by byte.

odd_bytes() { # from hex
    # shellcheck disable=SC2059
    printf "$(sed 's/../\\x&/g')"
}

odd_hex() {
    od -An -v -tx1 | tr -d ' \n'
}

odd_len() { # a header's msg_length
    printf '%02x%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16))
}

# odd_setup PROTOCOL LEAST MOST FLAGS [BEHIND]: SetupConnection with these numbers, in hex as they
# stand on the wire, without texts; so many zeros behind its last field.
odd_setup() {
    printf '000000%s%s%s%s%s00000000000000' "$(odd_len $((16 + ${5:-0})))" "$1" "$2" "$3" "$4" |
        odd_bytes
    head -c "${5:-0}" /dev/zero
}

# odd_open RATE BEHIND: OpenStandardMiningChannel, request 7, with these four bytes for its rate.
odd_open() {
    printf '000010%s07000000016d%s%064d' "$(odd_len $((42 + $2)))" "$1" 1 | odd_bytes
    head -c "$2" /dev/zero
}

# odd_error FLAGS CODE: SetupConnection.Error in hex.
odd_error() {
    printf '000002%02x0000%s%02x%s' $((5 + ${#2})) "$1" ${#2} "$(printf '%s' "$2" | odd_hex)"
}

# odd_case PLACE WHAT WANTED: what standard input is answered with has to be this, in hex, and then
# the connection has to end if it is an error of the setup.
odd_case() {
    local more=1
    [ "${3:0:6}" = 000002 ] || more=0
    exec 9<>"/dev/tcp/${1%:*}/${1##*:}" || fail "nobody listens at $1"
    cat >&9
    local answer
    answer=$(timeout 20 head -c $((${#3} / 2 + more)) <&9 | odd_hex) || fail "$2: it goes on"
    exec 9>&-
    [ "$answer" = "$3" ] || fail "$2 is answered with '$answer', not '$3'"
}

odd_peers() { # HOST:PORT
    local success=000001060000020000000000 rate behind
    odd_setup 07 0200 0200 00000000 |
        odd_case "$1" "protocol 7" "$(odd_error 00000000 unsupported-protocol)"
    odd_setup 00 0300 0100 00000000 |
        odd_case "$1" "versions upside down" "$(odd_error 00000000 protocol-version-mismatch)"
    odd_setup 00 0200 0200 ffffffff |
        odd_case "$1" "all flags" "$(odd_error faffffff unsupported-feature-flags)"
    odd_setup 00 0200 0200 08000000 |
        odd_case "$1" "an unknown flag" "$(odd_error 08000000 unsupported-feature-flags)"
    odd_setup 00 0200 0200 00000000 1 | odd_case "$1" "one byte behind a message" "$success"
    local refused
    refused=${success}0000121d00000700000018$(printf 'invalid-nominal-hashrate' | odd_hex)
    for rate in 0000c07f 0000807f 000080bf; do # NaN, infinite, -1
        {
            odd_setup 00 0200 0200 00000000
            odd_open "$rate" 0
        } | odd_case "$1" "a hashrate that is none" "$refused"
    done
    for behind in 299958 $((0xffffff - 42)); do
        {
            odd_setup 00 0200 0200 00000000
            odd_open 0000c07f "$behind"
        } | odd_case "$1" "$behind bytes behind a message" "$refused"
    done
}

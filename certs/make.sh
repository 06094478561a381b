#!/usr/bin/env bash
# Makes the development PKI: certs/make.sh OUTDIR
#
# Takes two seconds. What is there already is kept, what is missing or about to expire is made; `rm -r OUTDIR` starts afresh.
# README.md beside this file says what each certificate is for. Keys are for development only and never leave OUTDIR.
set -euo pipefail
umask 077

[ $# -eq 1 ] || { echo "usage: certs/make.sh OUTDIR" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$1" && cd "$1"
export CA_DIR=                            # openssl.cnf refers to it
p12_password=sekisho
made=0
quiet=$(mktemp) && trap 'rm -f "$quiet"' EXIT

exec 9> .lock && flock 9                  # two test runs may share one OUTDIR

# ---- the verbs ---------------------------------------------------------------------------------------------------

run() { "$@" > "$quiet" 2>&1 || { echo "certs/make.sh: failed: $*" >&2; cat "$quiet" >&2; exit 1; }; }

when() { date -u -d "$1" +%Y%m%d%H%M%SZ; }

# request KEYFILE REQUESTFILE KIND ENCODING SUBJECT   (an existing key is kept)
request() {
    case $3 in
        rsa) [ -e "$1" ] || run openssl genrsa -out "$1" 2048 ;;
        weak) [ -e "$1" ] || run openssl genrsa -out "$1" 1024 ;;
        ec) [ -e "$1" ] || run openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" ;;
    esac
    run openssl req -new -utf8 -config "$here/openssl.cnf" -section "$4" -subj "$5" -key "$1" -out "$2"
}

# sign SIGNER EXTENSIONS FROM UNTIL REQUESTFILE CERTIFICATEFILE [OPTION]   (-preserveDN: order, string types, and
# multi-valued RDNs exactly as requested)
sign() {
    CA_DIR=ca/$1 run openssl ca -batch -notext -preserveDN -config "$here/openssl.cnf" -name authority \
        -extensions "$2" -startdate "$(when "$3")" -enddate "$(when "$4")" -in "$5" -out "$6" "${@:7}"
    made=$((made + 1))
}

# authority NAME SIGNER KIND ENCODING EXTENSIONS SUBJECT   (SIGNER "self" makes a root)
authority() {
    local dir=ca/$1 request=ca/$1/request.pem
    [ -e "$dir/ca.pem" ] && return
    mkdir -p "$dir/issued" && : > "$dir/index.txt"
    request "$dir/ca.key" "$request" "$3" "$4" "$6"
    if [ "$2" = self ]; then
        sign "$1" "$5" "1 hour ago" "10 years" "$request" "$dir/new.pem" -selfsign
    else
        sign "$2" "$5" "1 hour ago" "9 years" "$request" "$dir/new.pem"
    fi
    rm "$request" && mv "$dir/new.pem" "$dir/ca.pem"
}

# issue FILE SIGNER KIND ENCODING EXTENSIONS SUBJECT FROM UNTIL   → FILE.pem (leaf, then issuing CA) and FILE.key
issue() {
    mkdir -p "$(dirname "$1")"
    request "$1.key" "$1.request" "$3" "$4" "$6"
    sign "$2" "$5" "$7" "$8" "$1.request" "$1.leaf"
    cat "$1.leaf" "ca/$2/ca.pem" > "$1.new"
    rm "$1.request" "$1.leaf" && mv "$1.new" "$1.pem"
}

# wanted FILE DAYS: is FILE missing, or does it end within DAYS?
wanted() { ! [ -e "$1" ] || ! openssl x509 -in "$1" -noout -checkend $(($2 * 86400)) > /dev/null; }

# ---- authorities -------------------------------------------------------------------------------------------------

authority server-root self ec printable server_root_ca "/C=JP/O=Sekisho/CN=Sekisho Development Server CA"
authority server-issuing server-root ec printable issuing_ca "/C=JP/O=Sekisho/CN=Sekisho Development Server Issuing CA"

authority customer-root self rsa utf8 root_ca "/C=JP/O=都島信用組合/CN=FBサービス クライアントルートCA"
authority customer-g1 customer-root rsa utf8 issuing_ca "/C=JP/O=都島信用組合/CN=FBサービス クライアントCA G1"
authority customer-root-2 self ec utf8 root_ca "/C=JP/O=都島信用組合/CN=FBサービス クライアントルートCA 2"
authority customer-g2 customer-root-2 ec utf8 issuing_ca "/C=JP/O=都島信用組合/CN=FBサービス クライアントCA G2"

authority foreign-root self ec printable root_ca "/C=JP/O=Another Bank/CN=Another Bank Client Root CA"
authority foreign foreign-root ec printable issuing_ca "/C=JP/O=Another Bank/CN=Another Bank Client CA"

authority partner-root self ec printable root_ca "/C=JP/O=Miyakojima Shinkumi/CN=API Partner Root CA"
authority partner partner-root ec printable issuing_ca "/C=JP/O=Miyakojima Shinkumi/CN=API Partner CA"

cp ca/server-root/ca.pem server-ca.pem
cp ca/customer-g1/ca.pem customer-ca-g1.pem
cp ca/customer-g2/ca.pem customer-ca-g2.pem
cat ca/customer-root/ca.pem ca/customer-root-2/ca.pem > customer-anchors.pem
cat ca/customer-g1/ca.pem ca/customer-g2/ca.pem > customer-intermediates.pem
cp ca/partner-root/ca.pem partner-anchors.pem
cp ca/partner/ca.pem partner-intermediates.pem

# ---- servers -----------------------------------------------------------------------------------------------------

server() { # HOST EXTENSIONS
    ! wanted "server/$1.pem" 30 ||
        issue "server/$1" server-issuing ec printable "$2" "/C=JP/O=Sekisho/CN=$1" "1 hour ago" "397 days"
}
server fb.localhost server_fb
server cert.fb.localhost server_cert
server api.fb.localhost server_api
server partner.localhost server_partner

# ---- customers ---------------------------------------------------------------------------------------------------

p12() { # NAME: the same for a browser's certificate store
    [ "customers/$1.p12" -nt "customers/$1.pem" ] && return
    local until
    until=$(openssl x509 -in "customers/$1.pem" -noout -enddate -dateopt iso_8601 | cut -c 10-19)
    run openssl pkcs12 -export -inkey "customers/$1.key" -in "customers/$1.pem" -name "$1, until $until" \
        -passout "pass:$p12_password" -out "customers/$1.p12.new"
    mv "customers/$1.p12.new" "customers/$1.p12"
}

customer() { # NAME SIGNER KIND ENCODING EXTENSIONS SUBJECT: a year and a day, made anew thirty days before its end
    ! wanted "customers/$1.pem" 30 || issue "customers/$1" "$2" "$3" "$4" "$5" "$6" "1 hour ago" "366 days"
    p12 "$1"
}

shinkumi="/C=JP/O=Miyakojima Shinkumi"
customer master customer-g1 rsa printable client "$shinkumi/OU=FB2230/CN=TSUSER0001"
customer general customer-g1 rsa utf8 client "/C=JP/O=都島信用組合/OU=FBサービス/OU=企業ID:1234567890/CN=tsuser0002"
customer multi-valued customer-g1 ec printable client "$shinkumi/serialNumber=0000012345+CN=TSUSER0003"
customer revoked customer-g1 ec printable client "$shinkumi/OU=FB2230/CN=TSUSER0006"
customer closed customer-g1 ec printable client "$shinkumi/OU=FB2230/CN=TSUSER0008"
customer stopped customer-g1 ec printable client "$shinkumi/OU=FB2230/CN=TSUSER0010"
customer no-questions customer-g1 ec printable client "$shinkumi/OU=FB2230/CN=TSUSER0011"
customer no-accounts customer-g1 ec printable client "$shinkumi/OU=FB2230/CN=TSUSER0012"
customer two-first customer-g1 ec printable client "$shinkumi/OU=FB2230/CN=TSUSER0013"
customer two-second customer-g2 ec utf8 client "/C=JP/O=都島信用組合/OU=FB2230/CN=TSUSER0013"
customer either customer-g2 ec utf8 client "/C=JP/O=都島信用組合/OU=FB2230/CN=TSUSER0016"
customer contract customer-g1 rsa printable client "/C=JP/O=Example Shinkin CA Service/CN=12345678901-KEIRI01-2230"

# Certificates that must be refused. Most claim to be TSUSER0001, so that only the certificate can be the reason.
customer unknown customer-g1 ec printable client "$shinkumi/OU=FB2230/CN=NOBODY9999"
customer comma customer-g1 ec utf8 client "/C=JP/O=テスト商事株式会社/OU=営業所/CN=テスト商事株式会社 経理部,山田 太郎"
customer device customer-g1 ec printable client "/C=JP/O=Cybertrust-like/OU=RA operated by Test Shoji-9xk2/CN=DEVICE-00A1"
customer two-names customer-g1 ec printable client "$shinkumi/CN=TSUSER0001/CN=TSUSER0011"
customer no-eku customer-g1 ec printable client_no_eku "$shinkumi/OU=FB2230/CN=TSUSER0001"
customer wrong-purpose customer-g1 ec printable client_wrong_purpose "$shinkumi/OU=FB2230/CN=TSUSER0001"
customer foreign foreign ec printable client "$shinkumi/OU=FB2230/CN=TSUSER0001"
customer weak-key customer-g1 weak printable client "$shinkumi/OU=FB2230/CN=TSUSER0001"

# Certificates that are about their dates: made anew when fewer than DAYS are left (0: kept for ever).
dated() { # NAME DAYS SUBJECT FROM UNTIL
    local file=customers/$1
    if ! [ -e "$file.pem" ] || { [ "$2" != 0 ] && wanted "$file.pem" "$2"; }; then
        issue "$file" customer-g1 ec printable client "$3" "$4" "$5"
    fi
    p12 "$1"
}
dated expiring 10 "$shinkumi/OU=FB2230/CN=TSUSER0004" "354 days ago" "12 days 1 hour"
dated expired 0 "$shinkumi/OU=FB2230/CN=TSUSER0005" "367 days ago" "1 day ago"
dated superseded 5 "$shinkumi/OU=FB2230/CN=TSUSER0007" "340 days ago" "26 days"
dated renewed 30 "$shinkumi/OU=FB2230/CN=TSUSER0007" "1 day ago" "391 days"
dated not-yet-valid 370 "$shinkumi/OU=FB2230/CN=TSUSER0001" "30 days" "396 days"

# ---- partners ----------------------------------------------------------------------------------------------------

partner() { # NAME SUBJECT
    ! wanted "partners/$1.pem" 30 || issue "partners/$1" partner ec printable client "$2" "1 hour ago" "397 days"
}
partner sample-partner "/C=JP/O=Sample Kaikei/CN=sample-partner"
partner other-partner "/C=JP/O=Other Kaikei/CN=other-partner"

# ---- revocation lists --------------------------------------------------------------------------------------------

# crl STORE CA [CERTIFICATEFILE …]   a CRL of 30 days in STORE-crls/, made anew after 20 or when more is revoked
crl() {
    local dir=ca/$2 file=$1-crls/$2.pem certificate serial changed=
    mkdir -p "$1-crls"
    [ -e "$dir/crlnumber" ] || echo 01 > "$dir/crlnumber"
    for certificate in "${@:3}"; do
        serial=$(openssl x509 -in "$certificate" -noout -serial | cut -d = -f 2)
        ! grep -q "^R.*$serial" "$dir/index.txt" || continue
        CA_DIR=$dir run openssl ca -config "$here/openssl.cnf" -name authority -revoke "$certificate" \
            -crl_reason keyCompromise
        changed=1
    done
    [ -n "$changed" ] || [ -z "$(find "$file" -mtime -20 2> /dev/null)" ] || return 0
    CA_DIR=$dir run openssl ca -gencrl -config "$here/openssl.cnf" -name authority -out "$dir/crl.new"
    mv "$dir/crl.new" "$file"
    made=$((made + 1))
}
crl customer customer-root
crl customer customer-root-2
crl customer customer-g1 customers/revoked.pem
crl customer customer-g2
crl partner partner-root
crl partner partner

# ---- the customers' records, for `sekisho customers seed` ----------------------------------------------------------

cp "$here/customers.json" "$here/accounts.json" .

if [ $made = 0 ]; then echo "certs: nothing to do in $PWD"; else echo "certs: made $made certificates and CRLs in $PWD"; fi

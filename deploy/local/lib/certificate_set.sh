# The certificates of the stack. The CA "ca" is that of the gateway and the apps:
# a server's for it, a client's for each of them. PostgreSQL's nodes have the CA
# "postgres-ca": pgbouncer tells a password to whoever has its certificate, so
# the gateway's user has none of it.
# shellcheck shell=bash
# Needs progress.sh, layout.sh, LOCAL (the folder of `up`).

readonly TRUST_DOMAIN=sluice.local
# As policy.sh has them.
readonly APPS=(demo reader admin)
readonly RENEW_BEFORE_SECONDS=$((30 * 24 * 3600))

# certificate_is_good NAME CA: that CA has signed it.
certificate_is_good() {
  [[ -s "${STATE}/ca/$1.key" ]] &&
    openssl x509 -in "${STATE}/ca/$1.crt" -noout \
      -checkend "${RENEW_BEFORE_SECONDS}" >/dev/null 2>&1 &&
    openssl verify -no-CApath -CAfile "${STATE}/ca/$2.crt" \
      "${STATE}/ca/$1.crt" >/dev/null 2>&1
}

# issue_ca NAME: unless there is one that is good for a while.
issue_ca() {
  ! certificate_is_good "$1" "$1" || return 0
  "${LOCAL}/lib/certificates" ca "${STATE}/ca" "$1"
  say ca "issued the certificate of $1"
}

# issue KIND CA NAME ARGUMENTS...: the same of one that the CA signs.
issue() {
  local kind=$1 ca=$2 name=$3
  ! certificate_is_good "${name}" "${ca}" || return 0
  "${LOCAL}/lib/certificates" "${kind}" "${STATE}/ca" "${@:2}"
  say ca "issued the certificate of ${name}"
}

issue_certificates() {
  local app node
  issue_ca ca
  issue_ca postgres-ca
  for node in "${NODES[@]}"; do
    issue server postgres-ca "${node}" "DNS:${node}.sluice.internal"
  done
  # Clients of the local stack have no DNS for the first name.
  issue server ca gateway DNS:gateway.sluice.internal DNS:localhost IP:127.0.0.1
  for app in "${APPS[@]}"; do
    issue client ca "${app}" "spiffe://${TRUST_DOMAIN}/app/${app}"
  done
}

# put_pair CA NAME FOLDER TARGET OWNER: certificate and key as FOLDER/TARGET.crt
# and .key, and the CA's certificate. Prints what changed.
put_pair() {
  local ca=$1 name=$2 folder=$3 target=$4 owner=$5
  put_file "${folder}/ca.crt" "${owner}" 0644 <"${STATE}/ca/${ca}.crt"
  put_file "${folder}/${target}.key" "${owner}" 0600 <"${STATE}/ca/${name}.key"
  put_file "${folder}/${target}.crt" "${owner}" 0644 <"${STATE}/ca/${name}.crt"
}

# The caller's own: what the command-line client and the examples use.
put_client_certificates() {
  local caller app
  caller=$(id -un "${CALLER_UID}")
  for app in "${APPS[@]}"; do
    put_pair ca "${app}" "${STATE}/client" "${app}" "${caller}" >/dev/null
  done
}

# The certificates of the stack: one CA; a server's for the gateway and each
# PostgreSQL node, a client's for each app.
# shellcheck shell=bash
# Needs progress.sh, layout.sh, LOCAL (the folder of `up`).

readonly TRUST_DOMAIN=sluice.local
# As policy.sh has them.
readonly APPS=(demo reader admin)
readonly RENEW_BEFORE_SECONDS=$((30 * 24 * 3600))

certificate_is_good() {  # NAME
  [[ -s "${STATE}/ca/$1.key" ]] &&
    openssl x509 -in "${STATE}/ca/$1.crt" -noout \
      -checkend "${RENEW_BEFORE_SECONDS}" >/dev/null 2>&1
}

# issue KIND NAME ARGUMENTS...: unless there is one that is good for a while.
issue() {
  local kind=$1 name=$2
  shift 2
  certificate_is_good "${name}" && return 0
  "${LOCAL}/lib/certificates" "${kind}" "${STATE}/ca" \
    "${CA_ARGUMENT[@]}" "${name}" "$@"
  say ca "issued the certificate of ${name}"
}

issue_certificates() {
  if ! certificate_is_good ca; then
    CA_ARGUMENT=()
    rm -f "${STATE}"/ca/*.crt
    issue ca ca
  fi
  CA_ARGUMENT=(ca)
  local app node
  for node in "${NODES[@]}"; do
    issue server "${node}" "DNS:${node}.sluice.internal"
  done
  # Clients of the local stack have no DNS for the first name.
  issue server gateway DNS:gateway.sluice.internal DNS:localhost IP:127.0.0.1
  for app in "${APPS[@]}"; do
    issue client "${app}" "spiffe://${TRUST_DOMAIN}/app/${app}"
  done
}

# put_pair NAME FOLDER TARGET OWNER: certificate and key as FOLDER/TARGET.crt
# and .key, and the CA's certificate. Prints what changed.
put_pair() {
  local name=$1 folder=$2 target=$3 owner=$4
  put_file "${folder}/ca.crt" "${owner}" 0644 <"${STATE}/ca/ca.crt"
  put_file "${folder}/${target}.key" "${owner}" 0600 <"${STATE}/ca/${name}.key"
  put_file "${folder}/${target}.crt" "${owner}" 0644 <"${STATE}/ca/${name}.crt"
}

# The caller's own: what the command-line client and the examples use.
put_client_certificates() {
  local caller app
  caller=$(id -un "${CALLER_UID}")
  for app in "${APPS[@]}"; do
    put_pair "${app}" "${STATE}/client" "${app}" "${caller}" >/dev/null
  done
}

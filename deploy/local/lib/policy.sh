# Who may do what in the stack, and the keys that sign tokens.
# shellcheck shell=bash
# Needs progress.sh, layout.sh, certificate_set.sh, gateway.sh.

policy_yaml() {
  cat <<YAML
# Written by up; changes are lost. Read anew whenever it changes; every setting:
# docs/configuration.md.
apps:
  - name: demo
    spiffe_ids: [spiffe://${TRUST_DOMAIN}/app/demo]
    grants:
      - {database: demo, role: demo_read, access: [read, listen], channels: ["*"]}
      - {database: demo, role: demo_write, access: [write, copy]}
      - {database: demo, role: demo_ddl, access: [ddl]}
  - name: reader
    spiffe_ids: [spiffe://${TRUST_DOMAIN}/app/reader]
    grants:
      - {database: demo, role: reader_read, access: [read]}
  - name: admin
    spiffe_ids: [spiffe://${TRUST_DOMAIN}/app/admin]
    admin: true
YAML
}

put_policy() {
  policy_yaml | put_file "${STATE}/gateway/policy.yaml" \
    "${EUID}:$(id -g "${GATEWAY_USER}")" 0640 >/dev/null
}

# The first key, and the one after it; from then on `sluice keys rotate` makes
# them.
make_signing_keys() {
  local folder=${STATE}/gateway/keys make
  put_binary server/operator/sluice-operator >/dev/null
  ! compgen -G "${folder}/*.pem" >/dev/null || return 0
  make=("${STATE}/bin/sluice-operator" keys generate "${folder}")
  { "${make[@]}" --activate && "${make[@]}"; } >/dev/null ||
    fail "no signing keys could be made"
  say keys "made the first signing keys"
}

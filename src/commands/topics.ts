/** What `help TOPIC` says of what belongs to no command, by topic. */
export const topics: Readonly<Record<string, string>> = {
  'exit-codes': `EXIT CODES

   0  done; a partial collection is done too, and so is a stored snapshot whose stream is only backing off
   1  failed: a delivery was tried and was refused or still waits, every probe failed, or the outbox cannot be written
   2  fatal: configuration, usage or a bug; missing credentials still collect and store first
  75  another instance holds the lock, and nothing was done
 128  and more: ended by that signal (130 by a second Ctrl-C)

health has the codes of Nagios plugins instead:

   0  OK
   1  WARNING
   2  CRITICAL
   3  UNKNOWN
`,
  environment: `ENVIRONMENT

A flag wins over these, these win over the file env, that over YAML, that over what is built in.

  STATUS_API_URL, SAM_API_URL                 the API, with or without /api/v1/status
  STATUS_API_USER, SAM_API_USER
  STATUS_API_PASSWORD, STATUS_API_KEY, SAM_API_PASSWORD
  PBS_COMMAND_TIMEOUT                         seconds for a scheduler command or df (30)
  SSH_TIMEOUT                                 seconds to connect by ssh (10)
  API_TIMEOUT                                 seconds for one request (30; 120 to the usage-history API)
  INGEST_API_URL, INGEST_API_KEY              the usage-history API that jobs export sends to
  JUPYTERHUB_ADMIN_TOKEN                      the token for JupyterHub's API
  NOTIFY_WEBHOOK_URL, HEARTBEAT_URL           in the place of notify.webhook and heartbeat_url
  DERECHO_LOG_FILE, CASPER_LOG_FILE           a log of its own for one system
  API_KEYS                                    keys that serve takes for all clusters, with commas between them
  CORS_ORIGINS                                origins whose pages may read from serve, with commas between them

  HTTP_PROXY, HTTPS_PROXY, NO_PROXY           the proxy, in the place of proxy: and no_proxy: in collector.yaml
  XDG_CONFIG_HOME, XDG_STATE_HOME, HOME       where files are: hpc-collector help files
  NO_COLOR, TERM=dumb                         plain text on a terminal

Names for the same thing may not contradict each other. Commands that it starts get few of them: PATH, HOME, USER,
LOGNAME, SSH_AUTH_SOCK, KRB5CCNAME, TMPDIR and those of PBS and Slurm that say where these are.
`,
  files: `FILES

Configuration, in ~/.config/hpc-collector (XDG_CONFIG_HOME; for root /etc/hpc-collector) or --config DIR:

  env                         variables, passwords too: mode 600, refused otherwise
  collector.yaml              what belongs to no system
  SYSTEM.yaml                 one system, merged over the built-in one of that name
  SYSTEM/config.yaml, node_types.yaml         the same as earlier collectors lay it out

State, in ~/.local/state/hpc-collector (XDG_STATE_HOME; for root /var/lib/hpc-collector):

  outbox.db                   the outbox; --outbox FILE
  outbox.db.reserve           room to record answers on a full disk
  outbox.db.before-schema-N   the outbox as it was before an upgrade
  collector.log, .1 to .5     the log; --log-file FILE
  receiver.db                 what serve was sent; --database FILE

Elsewhere:

  /var/tmp/hpc-collector-UID  snapshots that the outbox cannot take; fallback_directory
  the user's crontab          between # BEGIN hpc-collector and # END hpc-collector: install cron
  ~/.config/systemd/user/, /etc/systemd/system/   hpc-collector.service and .timer: install systemd
  /etc/logrotate.d/hpc-collector                  install logrotate
`,
};

import { join } from 'node:path';

/** Nodes that a daemon answers for; of the others in `slurm.conf` nothing is ever heard. */
export const livingNodes = [
  ...['c001', 'c002', 'c003', 'c004', 'c005', 'c006', 'c007', 'c008'],
  ...['g01', 'g02', 'g03', 'g04'],
];

/** How many ports a cluster takes: three servers, and each node. */
export const portCount = 3 + livingNodes.length;

/** Everybody may work for every account, by default for the first. */
const accounts = ['physics', 'chemistry', 'chem-org'] as const;

/** Some that Debian always has. */
export const users = ['daemon', 'games', 'mail', 'news'] as const;

export type User = (typeof users)[number];

const clusterName = 'proving';

export type Place = {
  readonly directory: string;
  /** The first of `portCount` consecutive ports. */
  readonly port: number;
  /** Whether control groups can be used; without them the memory that a job takes is polled. */
  readonly controlGroups: boolean;
  /** Whether each job starts and ends the scripts `prolog` and `epilog`, and its CPU time is counted by control groups. */
  readonly hooks: boolean;
};

/** The text of each file in the cluster's directory. */
export function configuration(place: Place): Readonly<Record<string, string>> {
  return {
    'slurm.conf': slurmConf(place),
    'slurmdbd.conf': slurmdbdConf(place),
    'gres.conf': gresConf(place),
    'cgroup.conf': cgroupConf,
    'my.cnf': mariadbConf(place),
    'qos.sacctmgr': qosCommands,
    'accounts.sacctmgr': accountCommands,
  };
}

/** The first job's number: far from that of every other cluster here, as control groups are named by node and job. */
const firstJob = (place: Place) => place.port * 1000;

const hooks = ({ directory }: Place): string => `Prolog=${join(directory, 'prolog')}
Epilog=${join(directory, 'epilog')}
PrologFlags=Alloc`;

const slurmConf = (place: Place): string => `
ClusterName=${clusterName}
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=${place.port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${join(place.directory, 'munge.socket')}
CryptoType=crypto/munge
StateSaveLocation=${join(place.directory, 'state')}
SlurmdSpoolDir=${join(place.directory, 'spool', '%n')}
SlurmctldPidFile=${join(place.directory, 'slurmctld.pid')}
SlurmdPidFile=${join(place.directory, 'slurmd.%n.pid')}
SlurmctldLogFile=${join(place.directory, 'log', 'slurmctld.log')}
SlurmdLogFile=${join(place.directory, 'log', 'slurmd.%n.log')}
MailProg=/bin/true
PropagateResourceLimits=NONE
# Shows nodes without power, too.
PrivateData=cloud
ReturnToService=2
SlurmdTimeout=60
KillWait=1
MinJobAge=3600
FirstJobId=${firstJob(place)}

# Accounting; what goes to slurmdbd ignores AuthInfo, the password is its munge socket.
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=localhost
AccountingStoragePort=${place.port + 1}
AccountingStoragePass=${join(place.directory, 'munge.socket')}
AccountingStorageEnforce=associations,limits,qos
AccountingStorageTRES=gres/gpu,gres/gpu:a100,gres/gpu:v100
AccountingStoreFlags=job_comment
JobAcctGatherType=jobacct_gather/${place.hooks ? 'cgroup' : 'linux'}
${place.hooks ? hooks(place) : ''}
JobAcctGatherFrequency=1
${place.controlGroups ? '' : 'JobAcctGatherParams=OverMemoryKill'}

# Scheduling
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,sched_min_interval=0,batch_sched_delay=0
PriorityType=priority/multifactor
PreemptType=preempt/qos
PreemptMode=CANCEL
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
# Not by control groups: what these have suspended cannot be killed, not even with its container.
ProctrackType=proctrack/linuxproc
TaskPlugin=${place.controlGroups ? 'task/cgroup' : 'task/none'}
DefMemPerCPU=100
GresTypes=gpu

# Nodes have what is written here, whatever this machine has.
SlurmdParameters=config_overrides
${nodes(place.port + 3).join('\n')}
NodeName=gone01 NodeHostname=localhost NodeAddr=127.0.0.1 Port=1 CPUs=8 RealMemory=6000 State=DOWN Reason="does not come up"
NodeName=later01 NodeHostname=localhost NodeAddr=127.0.0.1 Port=1 CPUs=8 RealMemory=6000 State=FUTURE

# Nodes that have power only when there is work; these never come up.
NodeName=cloud[01-02] NodeHostname=localhost NodeAddr=127.0.0.1 Port=1 CPUs=8 RealMemory=6000 State=CLOUD
SuspendProgram=/bin/true
ResumeProgram=/bin/true
SuspendTime=864000
ResumeTimeout=3600

PartitionName=compute Nodes=c[001-004] Default=YES MaxTime=2-00:00:00
PartitionName=debug Nodes=c[001-006] MaxTime=00:30:00 PriorityTier=10
PartitionName=bigmem Nodes=c005,gone01 MaxTime=1-00:00:00
PartitionName=gpu Nodes=g[01-04] MaxTime=UNLIMITED
PartitionName=fragile Nodes=c[007-008] MaxTime=1:00:00
PartitionName=cloud Nodes=cloud[01-02] MaxTime=1:00:00
PartitionName=closed Nodes=c006 State=DOWN
PartitionName=internal Nodes=c002 Hidden=YES MaxTime=1:00:00
PartitionName=empty MaxTime=1:00:00
`;

function nodes(firstPort: number): string[] {
  return livingNodes.map((name, index) => {
    const address = `NodeHostname=localhost NodeAddr=127.0.0.1 Port=${firstPort + index}`;
    return `NodeName=${name} ${address} ${hardware(name)} State=UNKNOWN`;
  });
}

function hardware(node: string): string {
  const own: Readonly<Record<string, string>> = {
    c005: 'CPUs=8 Sockets=2 CoresPerSocket=2 ThreadsPerCore=2 RealMemory=12000 Features=amd',
    g01: `${gpuHost} Gres=gpu:a100:4`,
    g02: `${gpuHost} Gres=gpu:a100:4`,
    g03: `${gpuHost} Gres=gpu:v100:2,gpu:a100:1`,
    g04: `${gpuHost} Gres=gpu:2`,
  };
  return own[node] ?? 'CPUs=8 Sockets=2 CoresPerSocket=4 ThreadsPerCore=1 RealMemory=6000 Features=intel,ib';
}

const gpuHost = 'CPUs=16 Sockets=2 CoresPerSocket=8 ThreadsPerCore=1 RealMemory=20000';

/** Files that stand for devices, as many as the node with most of them has. */
export const deviceNames = ['gpu0', 'gpu1', 'gpu2', 'gpu3'];

function gresConf({ directory }: Place): string {
  const device = (numbers: string) => `File=${join(directory, 'devices', `gpu${numbers}`)}`;
  return `
NodeName=g[01-02] Name=gpu Type=a100 ${device('[0-3]')}
NodeName=g03 Name=gpu Type=v100 ${device('[0-1]')}
NodeName=g03 Name=gpu Type=a100 ${device('2')}
NodeName=g04 Name=gpu ${device('[0-1]')}
`;
}

const slurmdbdConf = ({ directory, port }: Place): string => `
AuthType=auth/munge
AuthInfo=socket=${join(directory, 'munge.socket')}
DbdHost=localhost
DbdPort=${port + 1}
SlurmUser=root
LogFile=${join(directory, 'log', 'slurmdbd.log')}
PidFile=${join(directory, 'slurmdbd.pid')}
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=${port + 2}
StorageUser=root
StorageLoc=slurm
`;

const cgroupConf = `
CgroupPlugin=cgroup/v1
CgroupMountpoint=/sys/fs/cgroup
CgroupAutomount=no
ConstrainCores=no
ConstrainRAMSpace=yes
ConstrainSwapSpace=no
ConstrainDevices=no
`;

const mariadbConf = ({ directory, port }: Place): string => `
[client]
socket=${join(directory, 'mariadb.socket')}
user=root
[mysqld]
user=root
datadir=${join(directory, 'db')}
socket=${join(directory, 'mariadb.socket')}
pid-file=${join(directory, 'mariadb.pid')}
log-error=${join(directory, 'log', 'mariadb.log')}
bind-address=127.0.0.1
port=${port + 2}
skip-name-resolve
skip-grant-tables
skip-log-bin
innodb_buffer_pool_size=64M
innodb_log_file_size=8M
innodb_lock_wait_timeout=900
# Nothing here outlives the machine.
innodb_flush_method=nosync
innodb_flush_log_at_trx_commit=0
sync_frm=0
`;

const qosCommands = `add qos scavenger
add qos urgent set preempt=scavenger
`;

const accountCommands = `add cluster ${clusterName}
add account ${accounts.join(',')} qos=normal,scavenger,urgent
add user ${users.join(',')} account=${accounts.join(',')} defaultaccount=${accounts[0]}
`;

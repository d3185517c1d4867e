import casperDfGladeCampaignTxt from '../../../fixtures/casper/df-glade-campaign.txt' with { type: 'file' };
import casperDfGladeUHomeTxt from '../../../fixtures/casper/df-glade-u-home.txt' with { type: 'file' };
import casperLoginCasperLogin1Txt from '../../../fixtures/casper/login-casper-login1.txt' with { type: 'file' };
import casperLoginCasperLogin2Txt from '../../../fixtures/casper/login-casper-login2.txt' with { type: 'file' };
import casperPbsRstatFTxt from '../../../fixtures/casper/pbs_rstat-f.txt' with { type: 'file' };
import casperPbsnodesAjJson from '../../../fixtures/casper/pbsnodes-aj.json' with { type: 'file' };
import casperQstatFJson from '../../../fixtures/casper/qstat-f.json' with { type: 'file' };
import casperQstatQFJson from '../../../fixtures/casper/qstat-Q-f.json' with { type: 'file' };
import casperQstatQaTxt from '../../../fixtures/casper/qstat-Qa.txt' with { type: 'file' };
import casperRecordingYaml from '../../../fixtures/casper/recording.yaml' with { type: 'file' };
import jobsFilesTxt from '../../../fixtures/demo-jobs/files.txt' with { type: 'file' };
import jobsRecordingYaml from '../../../fixtures/demo-jobs/recording.yaml' with { type: 'file' };
import jobsVersionTxt from '../../../fixtures/demo-jobs/version.txt' with { type: 'file' };
import derechoDfGladeCampaignTxt from '../../../fixtures/derecho/df-glade-campaign.txt' with { type: 'file' };
import derechoDfGladeDerechoScratchTxt from '../../../fixtures/derecho/df-glade-derecho-scratch.txt' with {
  type: 'file',
};
import derechoDfGladeUHomeTxt from '../../../fixtures/derecho/df-glade-u-home.txt' with { type: 'file' };
import derechoLoginDerecho1Txt from '../../../fixtures/derecho/login-derecho1.txt' with { type: 'file' };
import derechoLoginDerecho2Txt from '../../../fixtures/derecho/login-derecho2.txt' with { type: 'file' };
import derechoLoginDerecho3Txt from '../../../fixtures/derecho/login-derecho3.txt' with { type: 'file' };
import derechoLoginDerecho4Txt from '../../../fixtures/derecho/login-derecho4.txt' with { type: 'file' };
import derechoLoginDerecho5Txt from '../../../fixtures/derecho/login-derecho5.txt' with { type: 'file' };
import derechoLoginDerecho6Txt from '../../../fixtures/derecho/login-derecho6.txt' with { type: 'file' };
import derechoLoginDerecho7Txt from '../../../fixtures/derecho/login-derecho7.txt' with { type: 'file' };
import derechoLoginDerecho8Txt from '../../../fixtures/derecho/login-derecho8.txt' with { type: 'file' };
import derechoPbsRstatFTxt from '../../../fixtures/derecho/pbs_rstat-f.txt' with { type: 'file' };
import derechoPbsnodesAjJson from '../../../fixtures/derecho/pbsnodes-aj.json' with { type: 'file' };
import derechoQstatFJson from '../../../fixtures/derecho/qstat-f.json' with { type: 'file' };
import derechoQstatQFJson from '../../../fixtures/derecho/qstat-Q-f.json' with { type: 'file' };
import derechoQstatQaTxt from '../../../fixtures/derecho/qstat-Qa.txt' with { type: 'file' };
import derechoRecordingYaml from '../../../fixtures/derecho/recording.yaml' with { type: 'file' };
import accounting20261127 from '../../../fixtures/pbs-history/accounting-20261127' with { type: 'file' };
import accounting20261128 from '../../../fixtures/pbs-history/accounting-20261128' with { type: 'file' };
import jobsTxt from '../../../fixtures/sacct/jobs.txt' with { type: 'file' };

/**
 * The recordings of `demo` as files inside the executable: by system, and `jobs` for the job history; then by file name
 * in the recording. Bun imports a JSON file as its content, so `type: 'file'` gives a path to read instead.
 */
export const demoRecordings: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  jobs: {
    'accounting-20261127': accounting20261127,
    'accounting-20261128': accounting20261128,
    'files.txt': jobsFilesTxt,
    'jobs.txt': jobsTxt,
    'recording.yaml': jobsRecordingYaml,
    'version.txt': jobsVersionTxt,
  },
  casper: {
    'df-glade-campaign.txt': casperDfGladeCampaignTxt,
    'df-glade-u-home.txt': casperDfGladeUHomeTxt,
    'login-casper-login1.txt': casperLoginCasperLogin1Txt,
    'login-casper-login2.txt': casperLoginCasperLogin2Txt,
    'pbs_rstat-f.txt': casperPbsRstatFTxt,
    'pbsnodes-aj.json': casperPbsnodesAjJson,
    'qstat-Q-f.json': casperQstatQFJson,
    'qstat-Qa.txt': casperQstatQaTxt,
    'qstat-f.json': casperQstatFJson,
    'recording.yaml': casperRecordingYaml,
  },
  derecho: {
    'df-glade-campaign.txt': derechoDfGladeCampaignTxt,
    'df-glade-derecho-scratch.txt': derechoDfGladeDerechoScratchTxt,
    'df-glade-u-home.txt': derechoDfGladeUHomeTxt,
    'login-derecho1.txt': derechoLoginDerecho1Txt,
    'login-derecho2.txt': derechoLoginDerecho2Txt,
    'login-derecho3.txt': derechoLoginDerecho3Txt,
    'login-derecho4.txt': derechoLoginDerecho4Txt,
    'login-derecho5.txt': derechoLoginDerecho5Txt,
    'login-derecho6.txt': derechoLoginDerecho6Txt,
    'login-derecho7.txt': derechoLoginDerecho7Txt,
    'login-derecho8.txt': derechoLoginDerecho8Txt,
    'pbs_rstat-f.txt': derechoPbsRstatFTxt,
    'pbsnodes-aj.json': derechoPbsnodesAjJson,
    'qstat-Q-f.json': derechoQstatQFJson,
    'qstat-Qa.txt': derechoQstatQaTxt,
    'qstat-f.json': derechoQstatFJson,
    'recording.yaml': derechoRecordingYaml,
  },
};

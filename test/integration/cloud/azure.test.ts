import { testCloudProvider } from '../../../src/cloud/cloud-provider.contract.ts';
import { openAzureWorld } from '../../support/azure-world.ts';

testCloudProvider('Azure, against the local region over HTTPS', openAzureWorld);

import { podAnnotation } from '../api/names.ts';
import { SegwError } from '../base/error.ts';

/** A DNS subdomain, as every name of a configuration is one (RFC 1123). */
const name = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const maxLength = 253;
const maxShown = 80;

/** Why a value of the annotation can never be right, whatever there is in the cluster; `undefined`: it can. */
export function annotationProblem(sgc: string): SegwError | undefined {
  if (sgc === '')
    return new SegwError('InvalidInput', `annotation ${podAnnotation} is empty`, {
      remedy: "Give it the name of a StaticGatewayConfiguration in the pod's namespace, or leave the annotation out.",
    });
  if (sgc.length <= maxLength && name.test(sgc)) return undefined;
  const shown = sgc.length > maxShown ? `${sgc.slice(0, maxShown)}...` : sgc;
  return new SegwError(
    'InvalidInput',
    `annotation ${podAnnotation}: "${shown}" is not the name of a StaticGatewayConfiguration`,
    { remedy: "Give the name alone: only configurations of the pod's own namespace can be used." },
  );
}

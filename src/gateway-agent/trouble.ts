/** Every reason of a GatewayStatus that is not Ready. */
export const gatewayReasons = {
  Starting: 'The agent has not programmed the kernel yet.',
  WaitingForOperator: 'The operator has not given the gateway its number.',
  UplinkMissing: 'The node has no default route.',
  KernelRefused:
    'The kernel refused a change. The gateway serves on with what was there before, unless the message names something that is missing.',
  Removed: 'Everything was taken out of the kernel: the feature is being switched off, or the gateway leaves.',
  Draining:
    'The node is cordoned, or maintenance of its machine is announced, or the agent is taking everything away: connections live on, new ones go elsewhere.',
  Drained: 'The same, and no connection of the gateway is left: nothing is lost when the node goes.',
} as const;

export type GatewayReason = keyof typeof gatewayReasons;

/** Why a gateway does not do all that it is to do. */
export interface Trouble {
  readonly reason: GatewayReason;
  readonly message: string;
}

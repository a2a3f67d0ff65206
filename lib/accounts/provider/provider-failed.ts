/** `reason`: for the log; without tokens and codes. `isRefusal`: the provider or the person has said no. */
export class ProviderFailed extends Error {
  readonly isRefusal: boolean;

  constructor(reason: string, isRefusal: boolean) {
    super(reason);
    this.name = 'ProviderFailed';
    this.isRefusal = isRefusal;
  }
}

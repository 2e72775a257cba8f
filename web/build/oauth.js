// What the pages on which members sign in take from others: the steps of OAuth.
export {
  allowInsecureRequests, authorizationCodeGrantRequest, calculatePKCECodeChallenge, discoveryRequest, generateRandomCodeVerifier,
  generateRandomState, None, processAuthorizationCodeResponse, processDiscoveryResponse, processRefreshTokenResponse,
  processRevocationResponse, refreshTokenGrantRequest, revocationRequest, validateAuthResponse,
} from "oauth4webapi";

"""The derivatives people ask for: grad, jvp, hessian, checkpoint …"""
